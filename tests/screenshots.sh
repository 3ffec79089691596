#!/usr/bin/env bash
# Takes a picture of every page of the preview, at phone and desktop width, light and dark, for people to look at:
#
#     tests/screenshots.sh OUTDIR
#
# The pages are those of a workspace that is made here and has something of everything: tests/preview_workspace.sh.
set -euo pipefail
out=${1:?usage: tests/screenshots.sh OUTDIR}
here=$(cd "$(dirname "$0")" && pwd)
masthead=${MASTHEAD:-${CARGO_TARGET_DIR:-$here/../target}/debug/masthead}
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo "install chromium first" >&2
    exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
MASTHEAD=$masthead bash "$here/preview_workspace.sh" "$work/acme"
"$masthead" -C "$work/acme" build --quiet --out "$work/preview" --diff main~1
MASTHEAD=$masthead bash "$here/preview_workspace.sh" --empty "$work/empty"
"$masthead" -C "$work/empty" build --quiet --out "$work/preview-empty"

# A frame of the wanted width shows the page whole: a window can't be narrower than 500 pixels.
shoot() { # name, page, width, height, scheme
    local flags=(--headless --no-sandbox --disable-gpu --hide-scrollbars --allow-file-access-from-files
        --force-device-scale-factor=1 --virtual-time-budget=2000 --user-data-dir="$work/profile")
    local prefers=()
    [ "$5" = dark ] && prefers=(--blink-settings=preferredColorScheme=0)
    [ "$5" = light ] && prefers=(--blink-settings=preferredColorScheme=1)
    printf '<!doctype html><meta name="color-scheme" content="light dark"><style>body{margin:0}iframe{border:0;display:block;width:%spx;height:%spx}</style><iframe src="%s"></iframe>' \
        "$3" "$4" "$2" >"$work/frame.html"
    "$chromium" "${flags[@]}" "${prefers[@]}" --window-size="$(($3 < 500 ? 500 : $3)),$4" \
        --screenshot="$out/$1-$3-$5.png" "file://$work/frame.html" >/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
}

for scheme in light dark; do
    for width in 390 1440; do
        for page in index plan check posts/hoodie-launch posts/everything posts/everywhere posts/long-words posts/broken posts/arabic; do
            height=1800
            [ "$width" = 390 ] && height=3200
            shoot "$(basename "$page")" "$work/preview/$page.html" "$width" "$height" "$scheme"
        done
        shoot empty "$work/preview-empty/index.html" "$width" 900 "$scheme"
    done
done
shoot index "$work/preview/index.html" 320 2400 light
shoot index "$work/preview/index.html" 3840 2000 dark
echo "the pictures are in $out"
