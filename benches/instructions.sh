#!/bin/sh
# Instructions that each stage executes, counted by callgrind: numbers that do not depend on how busy or how fast the machine is.
#
#   benches/instructions.sh            all stages
#   benches/instructions.sh detect     these stages
#
# Needs valgrind, which knows AVX2 but not AVX-512. Only what `one_stage::measured` does is counted, not the making of
# the film or what is learned of it before.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
stages=${*:-learn learn-detector decode flatten detect refine link size}

cargo build --release --quiet -p nta-cli
cargo build --release --quiet -p nta-engine --example one_stage
folder="$target/tmp/instructions"
mkdir -p "$folder"
film="$folder/film.avi"
if [ ! -e "$film" ]; then
    cat > "$folder/scene.toml" <<SCENE
frames = 101
amount = { visible_per_frame = 35.0 }

[[populations]]
diameter_nm = 100.0
SCENE
    "$target/release/nta" simulate "$folder/scene.toml" --out "$film" --quiet > "$folder/simulate.log"
fi

echo "Film of 640x480, 101 frames, 8 bits, 35 particles in sight; link: 100 frames of 100 particles; size: 1,000 tracks, 200 resamples."
echo
echo "| stage | of | instructions | million | per unit |"
echo "| --- | --- | --- | --- | --- |"
for stage in $stages; do
    before=
    for set in baseline avx2; do
        # These do not look at pixels of frames, or only copy them, and take long to count.
        case "$stage-$set" in
        link-avx2 | size-avx2 | decode-avx2) continue ;;
        esac
        log="$folder/$stage-$set.log"
        done=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
            --toggle-collect='*one_stage*measured*' --log-file="$log" \
            "$target/release/examples/one_stage" "$stage" --film "$film" --instructions "$set")
        # The program says "STAGE UNITS NAME".
        # shellcheck disable=SC2086
        set -- $done "$set"
        count=$(sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$log")
        # Only the pixel kernels have more than one form; what has but one is told once.
        [ "$count" = "$before" ] && continue
        before=$count
        awk -v stage="$1" -v units="$2" -v name="$3" -v set="$4" -v count="$count" 'BEGIN {
            each = count / units
            printf "| %s | %d %s | %s | %.1f | %.*f |\n", stage, units, name, set, count / 1e6, each < 1000, each
        }'
    done
done
