//! One good sample per format, what files of that format are known to do, and the messages.

use super::*;
use std::io::Write;

const NTA: &str = "frame,x,y,particle,mass,size,ep,capture\n\
    0,1.5,2.5,0,100,1.2,0.1,0\n\
    1,1.75,2.25,0,110,1.2,0.2,0\n\
    1,9,8,,50,1.2,0.3,0\n\
    0,7,7,0,60,1.2,0.1,1\n";

const TRACKPY: &str = ",y,x,mass,size,ecc,signal,raw_mass,ep,frame,particle\n\
    0,2.5,1.5,100.0,1.2,0.1,9.0,300.0,0.1,4.0,12.0\n\
    1,2.25,1.75,110.0,1.2,0.1,9.0,300.0,,5.0,12.0\n\
    2,8.0,9.0,50.0,1.2,0.1,9.0,300.0,-0.2,5.0,3.0\n";

const TRACKMATE: &str = "LABEL,ID,TRACK_ID,QUALITY,POSITION_X,POSITION_Y,POSITION_Z,POSITION_T,FRAME,RADIUS,TOTAL_INTENSITY_CH1\n\
    Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame,Radius,Sum intensity ch1\n\
    Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame,R,Sum ch1\n\
    ,,,(quality),(micron),(micron),(micron),(sec),,(micron),(counts)\n\
    ID8,8,1,3.5,1.5,2.5,0,0.04,1,0.5,70\n\
    ID7,7,1,3.5,1,2,0,0,0,0.5,80\n\
    ID9,9,None,3.5,5,5,0,0,0,0.5,90\n";

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <Tracks nTracks=\"2\" spaceUnits=\"µm\" frameInterval=\"0.04\" timeUnits=\"sec\" from=\"TrackMate v7\">\n\
    <!-- two -->\n\
    <particle nSpots=\"2\">\n\
    <detection t=\"3\" x=\"1.5\" y=\"2.5\" z=\"0.0\" />\n\
    <detection t=\"2\" x=\"1.0\" y=\"2.0\" z=\"0.0\" />\n\
    </particle>\n\
    <particle nSpots=\"1\"><detection t=\"0\" x=\"5.0\" y=\"5.0\" z=\"0.0\"></detection></particle>\n\
    </Tracks>\n";

const MOSAIC: &str = " ,Trajectory,Frame,x,y,z,m0,m1,m2,m3,m4,NPscore\n\
    1,1,0,2.0,3.0,0,4.5,0,0,0,0,0\n\
    2,1,2,2.25,2.75,0,0,0,0,0,0,0\n\
    3,2,1,7.5,7.5,0,4,0,0,0,0,0\n";

const NANOSIGHT: &str = "Particle ID, Size/nm, Diffusion coefficient/nm^2 s^-1, Frame, X/pixels, Y/pixels, Ln(Adjusted intensity)/AU, Included in distribution?,\n\
    4, 120.5, 4000000, 10, 1.5, 2.5, 0, True,\n\
    4, 120.5, 4000000, 11, 1.75, 2.25, 1, True,\n\
    2, 80, 6000000, 10, 9, 8, 2, False,\n";

const STEPS: &str = "Particle ID, Track Step, X1, Y1, X2, Y2, Diffusion Co, Particle Size\n\
    5, 2, 1, 1, 2, 1, 81.5, 542\n\
    5, 3, 2, 1, 2, 3, 81.5, 542\n\
    2, 3, 6, 6, 7, 6, 12, -5\n";

/// All samples with the key of their format.
pub(super) const SAMPLES: [(&str, &str); 7] = [
    ("nta", NTA),
    ("trackpy", TRACKPY),
    ("trackmate_csv", TRACKMATE),
    ("trackmate_xml", XML),
    ("mosaic", MOSAIC),
    ("nanosight", NANOSIGHT),
    ("nanosight_steps", STEPS),
];

pub(super) const HALF_UM: FormatOptions = FormatOptions {
    pixel_size_um: Some(0.5),
    position_unit: None,
    capture: 0,
};

fn good(text: &str) -> ForeignTracks {
    read_text("t.csv", text, &HALF_UM).unwrap()
}

fn refused(text: &str) -> String {
    let error = read_text("t.csv", text, &FormatOptions::default()).unwrap_err();
    error.to_string()
}

/// Frame, x and y of each point.
fn points(track: &ForeignTrack) -> Vec<(u32, f64, f64)> {
    let place = |p: &ForeignSpot| (p.frame, p.x_px, p.y_px);
    track.points.iter().map(place).collect()
}

fn ids(tracks: &ForeignTracks) -> Vec<u64> {
    tracks.tracks.iter().map(|t| t.id).collect()
}

#[test]
fn each_sample_is_told_by_its_content_and_no_key_is_there_twice() {
    let keys: Vec<&str> = SAMPLES.iter().map(|(key, _)| *key).collect();
    for format in FORMATS {
        assert_eq!(keys.iter().filter(|k| **k == format.key).count(), 1);
    }
    assert_eq!(keys.len(), FORMATS.len());
    for (key, text) in SAMPLES {
        assert_eq!(good(text).format, key);
        assert_eq!(good(&text.replace('\n', "\r\n")), good(text));
        assert_eq!(good(&format!("\n{text}\n\n")), good(text));
    }
}

#[test]
fn nta_gives_one_capture_and_its_loose_spots() {
    let t = good(NTA);
    assert_eq!(points(&t.tracks[0]), [(0, 1.5, 2.5), (1, 1.75, 2.25)]);
    assert_eq!(t.tracks[0].points[1].precision_px, Some(0.2));
    assert_eq!(t.tracks[0].points[1].mass, Some(110.0));
    assert_eq!((t.loose.len(), t.loose[0].x_px), (1, 9.0));
    assert_eq!((t.skipped.get("other_capture"), t.skipped_rows()), (1, 1));
    let take = |capture| FormatOptions { capture, ..HALF_UM };
    let second = read_text("t.csv", NTA, &take(1)).unwrap();
    assert_eq!(points(&second.tracks[0]), [(0, 7.0, 7.0)]);
    let error = read_text("t.csv", NTA, &take(2)).unwrap_err().to_string();
    assert!(error.contains("no row of capture 2; it holds captures 0 to 1"));
}

#[test]
fn nta_reads_what_nta_writes() {
    use crate::report::csv::{SpotRow, spots_csv};
    let row = SpotRow {
        frame: 3,
        x: 0.1 + 0.2,
        y: 1e-7,
        particle: Some(6),
        mass: 12.0,
        snr: 4.5,
        size: 1.0,
        ep: 0.05,
        capture: 0,
    };
    let mut csv = Vec::new();
    spots_csv(&mut csv, [row]).unwrap();
    let t = good(&text::decode(csv));
    assert_eq!((t.format, t.tracks[0].id), ("nta", 6));
    assert_eq!(points(&t.tracks[0]), [(3, row.x, row.y)]);
    assert_eq!(t.tracks[0].points[0].snr, Some(4.5));
    assert_eq!(good("frame,x,y,particle,capture\n").tracks, []);
}

#[test]
fn trackpy_columns_come_in_any_order_and_whole_numbers_as_floats() {
    let t = good(TRACKPY);
    assert_eq!(ids(&t), [3, 12]);
    assert_eq!(points(&t.tracks[1]), [(4, 1.5, 2.5), (5, 1.75, 2.25)]);
    assert_eq!(t.tracks[1].points[0].precision_px, Some(0.1));
    assert_eq!(t.tracks[1].points[1].precision_px, None);
    assert_eq!(t.tracks[0].points[0].precision_px, None);
    let unlinked = good("x,y,frame\n1,2,1\n3,4,0\n");
    assert_eq!((unlinked.tracks.len(), unlinked.loose.len()), (0, 2));
    assert_eq!(unlinked.loose[0].x_px, 3.0);
    let semicolons = good("frame;x;y;particle\n0;1,5;2;0\n");
    assert_eq!(points(&semicolons.tracks[0]), [(0, 1.5, 2.0)]);
}

#[test]
fn trackmate_tables_are_put_into_pixels_by_their_row_of_units() {
    let t = good(TRACKMATE);
    assert_eq!(points(&t.tracks[0]), [(0, 2.0, 4.0), (1, 3.0, 5.0)]);
    assert_eq!(t.tracks[0].points[0].mass, Some(80.0));
    assert_eq!(t.loose.len(), 1);
    assert_eq!(t.skipped_rows(), 0);
    for unit in ["(µm)", "(\u{3bc}m)", "(um)", "(microns)"] {
        assert_eq!(good(&TRACKMATE.replace("(micron)", unit)), t);
    }
    let pixels = TRACKMATE.replace("(micron)", "(pixel)");
    let pixels = read_text("t.csv", &pixels, &FormatOptions::default()).unwrap();
    assert_eq!(points(&pixels.tracks[0])[0], (0, 1.0, 2.0));
    assert_eq!(
        refused(TRACKMATE),
        "t.csv, line 4, column POSITION_X: positions are in um, and nta needs them in px; give the pixel size in um"
    );
    assert!(refused(&TRACKMATE.replace("(micron)", "(inch)")).contains(
        "line 4, column POSITION_X: found the unit '(inch)', expected pixel, um or nm; say in which unit"
    ));
}

#[test]
fn trackmate_tables_without_units_need_to_be_told() {
    let rows: Vec<&str> = TRACKMATE.lines().collect();
    let bare = [&rows[..1], &rows[4..]].concat().join("\n");
    assert!(refused(&bare).contains("line 1, column POSITION_X: found no unit"));
    let options = FormatOptions {
        position_unit: Some(LengthUnit::Pixel),
        ..FormatOptions::default()
    };
    let t = read_text("t.csv", &bare, &options).unwrap();
    assert_eq!(points(&t.tracks[0]), [(0, 1.0, 2.0), (1, 1.5, 2.5)]);
    // What a file states is not overruled.
    let told = FormatOptions {
        pixel_size_um: Some(0.5),
        ..options
    };
    assert_eq!(
        read_text("t.csv", TRACKMATE, &told).unwrap(),
        good(TRACKMATE)
    );
}

#[test]
fn trackmate_xml_gives_tracks_in_their_order() {
    let t = good(XML);
    assert_eq!(ids(&t), [0, 1]);
    assert_eq!(points(&t.tracks[0]), [(2, 2.0, 4.0), (3, 3.0, 5.0)]);
    assert_eq!(points(&t.tracks[1]), [(0, 10.0, 10.0)]);
    assert!(refused(XML).contains("line 2, column Tracks spaceUnits: positions are in um"));
    let cut = &XML[..XML.find("</particle>").unwrap()];
    let error = read_text("t.xml", cut, &HALF_UM).unwrap_err().to_string();
    assert!(error.contains("line 7, column Tracks: found the end of the file, expected </Tracks>"));
    let text = XML.replace("x=\"1.5\"", "x=\"wide\"");
    let error = read_text("t.xml", &text, &HALF_UM).unwrap_err().to_string();
    assert!(error.contains("line 5, column detection x: found 'wide', expected a number"));
    let t = good(&XML.replace("t=\"3\"", "t=\"2\"").replace("y=\"5.0\"", ""));
    assert_eq!(t.skipped.get("frame_twice"), 1);
    assert_eq!(t.skipped.get("missing_position"), 1);
    assert_eq!(ids(&t), [0]);
    let other = XML.replace("particle", "Track");
    let error = read_text("t.xml", &other, &HALF_UM)
        .unwrap_err()
        .to_string();
    assert!(error.contains("line 4, column Tracks: found <Track>"));
}

#[test]
fn mosaic_counts_from_the_corner_of_the_pixel() {
    let t = good(MOSAIC);
    assert_eq!(ids(&t), [1, 2]);
    assert_eq!(points(&t.tracks[0]), [(0, 1.5, 2.5), (2, 1.75, 2.25)]);
    assert_eq!(t.tracks[0].points[0].mass, Some(4.5));
    assert_eq!(t.tracks[0].points[1].mass, None);
}

#[test]
fn nanosight_states_sizes_and_diffusion() {
    let t = good(NANOSIGHT);
    assert_eq!(ids(&t), [2, 4]);
    assert_eq!(t.tracks[1].diameter_nm, Some(120.5));
    assert!((t.tracks[1].diffusion_um2_per_s.unwrap() - 4.0).abs() < 1e-12);
    assert_eq!(points(&t.tracks[1]), [(10, 1.5, 2.5), (11, 1.75, 2.25)]);
    assert_eq!(t.tracks[1].points[0].mass, Some(1.0));
}

#[test]
fn nanosight_steps_become_positions() {
    let t = good(STEPS);
    assert_eq!(ids(&t), [2, 5]);
    let joined = [(0, 1.0, 1.0), (1, 2.0, 1.0), (2, 2.0, 3.0)];
    assert_eq!(points(&t.tracks[1]), joined);
    assert!((t.tracks[1].diffusion_um2_per_s.unwrap() - 0.815).abs() < 1e-12);
    assert_eq!(t.tracks[1].diameter_nm, Some(542.0));
    assert_eq!(t.tracks[0].diameter_nm, None);
    assert_eq!(points(&t.tracks[0]), [(0, 6.0, 6.0), (1, 7.0, 6.0)]);
    let more =
        "5, 6, 8, 8, 9, 9, 81.5, 542\n5, 7, 8, 8, 7, 7, 81.5, 542\n5, 7, 0, 0, 0, 0, 1, 1\n5,8,1\n";
    let t = good(&format!("{STEPS}{more}"));
    let after_gap = [(4, 8.0, 8.0), (5, 9.0, 9.0), (6, 7.0, 7.0)];
    assert_eq!(points(&t.tracks[1])[3..], after_gap);
    assert_eq!(t.skipped.get("step_not_joined"), 1);
    assert_eq!(t.skipped.get("frame_twice"), 1);
    assert_eq!(t.skipped.get("missing_position"), 1);
}

#[test]
fn rows_that_give_no_position_are_tallied_by_reason() {
    let t = good(
        "Frame , X,y,particle,\n0,1,1,0,\n0,2,2,0,\n1,,1,0\n1,nan,1,0\n1,inf,1,0\n,1,1,0\n-1,1,1,0\n\
         4294967296,1,1,0\n4294967295,1,1,0\n1.5,1,1,0\n2,1,1,-4\n2,1,1,1.5\n3\n2,1,1,18446744073709551615\n",
    );
    assert_eq!(points(&t.tracks[0]), [(0, 1.0, 1.0), (u32::MAX, 1.0, 1.0)]);
    assert_eq!(ids(&t), [0, u64::MAX]);
    let said = [
        ("frame_twice", 1),
        ("missing_position", 3),
        ("position_not_finite", 1),
        ("missing_frame", 1),
        ("frame_negative", 1),
        ("frame_too_large", 1),
        ("frame_not_whole", 1),
        ("bad_track_number", 2),
    ];
    for (reason, n) in said {
        assert_eq!(t.skipped.get(reason), n, "{reason}");
    }
    assert_eq!(t.skipped_rows(), 11);
}

#[test]
fn errors_say_where_what_and_what_to_do() {
    assert_eq!(
        refused("frame,x,y\n0,1,2\n1,here,2\n"),
        "t.csv, line 3, column x: found 'here', expected a number; remove the line if it is a second row of names or a \
         remark, else write the file again"
    );
    let stray = refused("frame,x,y,note\n0,1,2,\"a\n1,1,2,b\n");
    assert!(
        stray.contains("line 2, column note: found 'a?1,1,2,b"),
        "{stray}"
    );
    let known =
        "known are: TrackMate XML of tracks (Tracks, particle, detection); NanoSight AllTracks";
    assert!(refused("size,n\n1,2\n").contains("it begins with 'size,n'"));
    assert!(refused("size,n\n1,2\n").contains(known));
    assert!(refused("").contains("it is empty"));
    assert!(refused("\0\u{1}").contains("it is not text"));
    assert!(refused("<TrackMate version=\"7\">").contains("Export tracks to XML file"));
    assert!(refused("Particle ID, Size/nm, Start frame\n").contains("take the AllTracks file"));
    assert!(refused("LABEL,TRACK_ID,LINK_COST\n").contains("take the table of spots"));
}

#[test]
fn files_may_be_packed_or_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tracks.dat");
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(b"\xef\xbb\xbf").unwrap();
    packer.write_all(XML.as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    std::fs::write(&path, &packed).unwrap();
    assert_eq!(read(&path, &HALF_UM).unwrap(), good(XML));
    std::fs::write(&path, &packed[..packed.len() / 2]).unwrap();
    let error = read(&path, &HALF_UM).unwrap_err().to_string();
    assert!(error.contains("a gzip file that is damaged or incomplete"));
    let latin: Vec<u8> = XML.chars().map(|c| c as u8).collect();
    std::fs::write(&path, latin).unwrap();
    assert_eq!(read(&path, &HALF_UM).unwrap(), good(XML));
    for size in [0.0, -1.0, f64::NAN] {
        let options = FormatOptions {
            pixel_size_um: Some(size),
            ..HALF_UM
        };
        let error = read(&path, &options).unwrap_err().to_string();
        assert!(error.contains("must be above 0 um"));
    }
    let error = read(&folder.path().join("none"), &HALF_UM).unwrap_err();
    assert!(error.to_string().contains("there is no such file"));
    let error = read(folder.path(), &HALF_UM).unwrap_err();
    assert!(error.to_string().contains("it is not a file"));
}
