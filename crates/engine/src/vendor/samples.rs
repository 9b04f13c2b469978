//! Files in small, as the programs write them.

/// A summary of two videos. `version` goes into the second line; `average` adds the columns of the average.
pub(crate) fn summary(version: &str, average: bool) -> String {
    let (heads, stats, bins) = if average {
        (",Average,Standard Error", ",10,1", ",5,5")
    } else {
        ("", "", "")
    };
    let mut text = format!(
        "NTA Experiment Summary File,,,\r\nCreated with {version},,,\r\n,,,\r\n\
         [Experiment Details],,,\r\nSoftware Version,Unknown,,\r\nSample Name,beads,,\r\nOperator Name,M\u{fc}ller,,\r\n\
         Time Captured,12:00:00  01/02/2020,,\r\nRemarks,\"one, two\",,\r\nFilename:,run 1.5_00,run 1.5_01,,\r\n,,,\r\n\
         [Conditions],,,\r\nTemperature/C,22,24,,\r\nViscosity/cP,0.9,1.1,,\r\nShutter/ms,30,30,,\r\n\
         Frame rate/fps,25,25,,\r\n[Settings],,,\r\nDetection Threshold,5,5,,\r\n\
         [Results],,{heads}\r\nDilution factor (concentrations adjusted for this factor),1.00e+04,1.00e+04,,\r\n\
         Concentration (Particles / ml),100,50,,\r\nParticles per frame,12.5,6,9{heads}\r\n\
         [Concentration Warnings],,,\r\nParticles per frame,OK,Low,,\r\n\
         [Size Data],,,\r\nAnalysis Method,FTLA\r\nWeighting,Number,,\r\nFilename,run 1.5_00,run 1.5_01{heads}\r\n"
    );
    for key in ["Mean", "Mode", "SD", "D10", "D50", "D90"] {
        text += &format!("{key},10,20{stats}\r\n");
    }
    text += "Valid Tracks,7,8,,\r\nGraph Data,,,\r\nBin centre (nm),Concentration (particles / ml),Concentration (particles / ml)";
    text += if average {
        ",Concentration average,Standard Error\r\n"
    } else {
        "\r\n"
    };
    for (i, n) in [0, 20, 60, 20, 0].iter().enumerate() {
        text += &format!("{}.5,{n},{}{bins}\r\n", i, n / 2);
    }
    text += ",,,\r\nPercentile,Size (nm),Size (nm)\r\n";
    for p in 0..=100 {
        text += &format!("{p},1,1\r\n");
    }
    text
}

/// A file of ZetaView with a table of three bins and a logarithmic one of two.
pub(crate) fn zetaview(traces: u32) -> String {
    let table = if traces > 0 {
        "2.5E+0\t0.0E+0\t0.0E+0\t0\t0\n7.5E+0\t1.0E+0\t1.0E+5\t0\t0\n1.25E+1\t1.0E+0\t1.0E+5\t0\t0\n"
    } else {
        ""
    };
    let log = if traces > 0 {
        "5.0E+0\t1.0E+0\t1.0E+5\t0\t0\n9.0E+0\t1.0E+0\t1.0E+5\t0\t0\n"
    } else {
        ""
    };
    format!(
        "Original File:\tZ:\\old.name_488.avi\tSection:\t0.1 [0]\nOperator:\tAdmin\n\
         Software:\tZetaView (version 8.06.01 SP1)\tAnalyze:\t8.06.01 SP1\nSample:\tEV\nElectrolyte:\tPBS\n\
         Conductivity: 60.0\tsensed\nTemperature:\t25.34\tsensed\nViscosity:\t0.89\nDate:\t2025-02-19\nTime:\t12:26:19\n\
         Detected Particles:\t20\nNumber of Traces:\t{traces}\t(at 0.1)\tAverage Number of Particles:\t5.5\tDilution::\t1000.0\n\
         Camera:\tFpSec 30 #Cycles 1 FRate 30.000000\nShutter:\t100.0\nMicrometer per Pixel:\t0.713\n\
         Camera Trigger Duration \u{b5}s:\tShutter Duration\nMedian Number (D50):\t7.500000\nSize Distribution\n\
         Size / nm\tNumber\tConcentration / cm-3\tVolume / nm^3\tArea / nm^2\n{table}-1.000E+0\t-1.0\t-1.0\t-1.0\t0.0\n{log}\n"
    )
}

pub(crate) const POSITIONS: &str = "Use\tPosition\tMean Int.\tAv. No of Particles\tConc. (p./mL)\tOrig. Conc. (p./cm^3)\tNo. of Traces\tX50 (nm)\tPeak \u{d8} (nm)\tSpan\tDrift (\u{b5}m/s)\tRemoval\n\
    X\t0.10\t15.4\t348.0\t1.5E+8\t1.5E+11\t18\t67.5\t45.3\t4.9\t3.7\t\n\
    \t0.40\t1.1\t15.0\t6.4E+6\t6.4E+9\t0\t5997.5\t0.0\t0.0\t5.5\tMIN_TRACES\n\
    \tMean\t11.7\t203.2\t8.7E+7\t8.7E+10\t31.2\t153.0\t123.8\t2.1\t12.3\t\n";

pub(crate) const PARTICLES: &str = "Particle ID,Size/nm,Diffusion coefficient/nm^2 s^-1,Ln(Adjusted intensity)/AU,Start frame,Tracklength,Included in distribution?\n\
    1,100,4000000,8.1,0,9,True\n2,0,-100,8.1,3,5,False\nx,1,1,1,1,1,True\n3,1,NaN,1,1,1,True\n4,1,1,1,1,0,True\n";
