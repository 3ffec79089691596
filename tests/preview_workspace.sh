#!/usr/bin/env bash
# Makes a workspace with something of everything, for pictures of the preview and for looking at it:
#
#     tests/preview_workspace.sh [--empty] DIR
#
# Its dates are around today, since what is due depends on the day.
set -euo pipefail
empty=
[ "${1:-}" = --empty ] && empty=1 && shift
dir=${1:?usage: tests/preview_workspace.sh [--empty] DIR}
here=$(cd "$(dirname "$0")" && pwd)
masthead=${MASTHEAD:-${CARGO_TARGET_DIR:-$here/../target}/debug/masthead}
day() { date -d "$1" +%Y-%m-%dT"$2":00; }
mkdir -p "$dir/content/2026"
cd "$dir"
git init -q -b main
git config user.name Ada
git config user.email ada@acme.example

cat >masthead.toml <<'TOML'
[workspace]
name = "Acme & Friends"
timezone = "Europe/Rome"

[ledger]
remote = false

[accounts.brand]
network = "mastodon"
endpoint = "https://mastodon.example"
handle = "acme"
token = "env:TOKEN"

[accounts.sky]
network = "bluesky"
handle = "acme.example"
token = "env:TOKEN"

[accounts.home]
network = "site"
title = "Acme News"
description = "What is new at Acme"
TOML
if [ -n "$empty" ]; then
    git add -A && git commit -qm "an empty workspace"
    exit
fi
{
    for n in $(seq -w 1 40); do
        printf '\n[accounts.friend-%s]\nnetwork = "%s"\nendpoint = "https://server-%s.example"\nhandle = "%s"\ntoken = "env:TOKEN"\nvoice = "ambassador"\n' \
            "$n" "$([ $((10#$n % 2)) = 0 ] && echo mastodon || echo bluesky)" "$n" "friend$n.example"
    done
    printf '\n[groups]\neverywhere = ["brand", "sky", "home"]\nfriends = ['
    for n in $(seq -w 1 40); do printf '"friend-%s", ' "$n"; done
    printf ']\n\n[people.moschino]\nname = "Moschino"\nmastodon = "@moschino@fashion.example"\nbluesky = "moschino.example"\n'
} >>masthead.toml

python3 - content/2026 <<'PYTHON'
import struct, sys, zlib
def png(name, width, height, colour):
    rows = b"".join(
        b"\0" + b"".join(bytes(min(255, max(0, int(c * (0.55 + 0.45 * x / width) + 60 * y / height))) for c in colour) for x in range(width))
        for y in range(height))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    with open(f"{sys.argv[1]}/{name}", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
                   + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
png("hoodie.png", 640, 420, (40, 60, 150))
png("street.png", 420, 560, (190, 90, 60))
png("detail.png", 480, 480, (60, 140, 110))
PYTHON

post() { cat >"content/$1.md"; }
post welcome <<POST
+++
to = ["home"]
title = "We are here"
tags = ["news"]
+++

Acme has news, and this is where it is. Subscribe to the [feed](https://acme.example/feed.xml).
POST
post old-news <<POST
+++
to = ["brand", "home"]
date = $(day '-9 days' 10:30)
campaign = "autumn"
title = "Autumn is here"
+++

The leaves fall, the prices don't.
POST
git add -A && git commit -qm "first posts"
"$masthead" publish --quiet --only home 2>/dev/null || "$masthead" publish --quiet 2>/dev/null || true

post 2026/hoodie-launch <<POST
+++
id = "hoodie-launch"
to = ["everywhere"]
date = $(day '+3 days' 09:00)
campaign = "hoodie"
title = "The hoodie is here"
tags = ["product", "fashion"]
hashtags = ["TheSims"]

[mastodon]
visibility = "public"

[sky]
date = $(day '+3 days' 10:00)
card_title = "The hoodie, from every side"
card_description = "Cotton, black, and only for a week. Sizes from XS to 4XL."
card_url = "https://www.acme.example/shop/hoodies/black?utm_source=masthead"
+++

Dress your Sims in the new **@moschino** hoodie.

- black, of course
- cotton, always

Everything about it: https://www.acme.example/shop/hoodies/black-hoodie-with-a-long-name?utm_source=masthead

![A Sim in a black hoodie, seen from the front](hoodie.png)

![The street where it was photographed, at dusk](street.png)

![](detail.png)
POST
post everything <<POST
+++
id = "everything"
to = ["brand"]
date = $(day '+5 days' 18:00)
campaign = "hoodie"
title = "A thread, a poll and a warning"

[mastodon]
content_warning = "Contains spoilers for the end of the season"

[poll]
options = ["Black", "Blue", "The one that isn't there yet", "All of them"]
duration = "3d"
multiple = true
+++

Which colour do you want to see next? We have been asked so often that we ask you now, @ana@social.example. #TheSims #Poll

---

The second part of the thread says a little more, with a link: https://acme.example/colours

> And a quotation.

---

And a third. Thank you for reading to the end 👩‍👩‍👧‍👦
POST
post everywhere <<POST
+++
id = "everywhere"
to = ["friends", "everywhere"]
date = $(day '+4 days' 12:00)
campaign = "friends"
title = "Forty friends say hello"
+++

Hello from all of us. We have written this once and it stands in forty places. #friends
POST
post long-words <<POST
+++
id = "long-words"
to = ["everywhere"]
date = $(day '+3 days' 14:15)
title = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzentwurfsvorlagenbesprechung"
+++

Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzentwurfsvorlagenbesprechungsprotokoll https://acme.example/$(printf 'long%.0s' {1..40}) Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft
POST
post arabic <<POST
+++
id = "arabic"
to = ["everywhere"]
date = $(day '+9 days' 08:00)
language = "ar"
title = "مرحبا بالعالم"
+++

مرحبا بالعالم! هذا منشور طويل نسبيا باللغة العربية يحتوي على رابط https://acme.example/ar وبعض النص. #مرحبا
POST
post broken <<POST
+++
id = "broken"
to = ["everywhere", "brnd"]
date = $(day '+6 days' 09:00)
titel = "A typo"
+++

$(printf 'This goes on far longer than any network would take it. %.0s' {1..14})

![](missing.png) See [here]() too.
POST
post draft-idea <<POST
+++
to = ["everywhere"]
draft = true
campaign = "winter"
+++

Something about the winter sale, when we know when it is.
POST
post draft-dated <<POST
+++
to = ["brand", "sky"]
draft = true
date = $(day '+7 days' 16:00)
campaign = "winter"
+++

Winter is coming, and so are the coats.
POST
post late <<POST
+++
to = ["brand", "sky"]
date = $(day '-4 days' 11:00)
+++

This was due while nobody looked.
POST
for hour in 08 10 12 15 17 20; do
    post "busy-$hour" <<POST
+++
to = ["brand", "sky"]
date = $(day '+2 days' "$hour:30")
campaign = "friends"
+++

A busy day at $hour:30, with a few words about what we do then and why it matters.
POST
done
git add -A && git commit -qm "a month of posts"
sed -i 's/The leaves fall, the prices don.t\./The leaves fall, and so do the prices./' content/old-news.md
