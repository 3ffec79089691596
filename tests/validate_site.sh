#!/usr/bin/env bash
# Validates a built site with programs that know the standards better than our own tests do:
#
#     bash tests/validate_site.sh public
#
# HTML, CSS and SVG by the Nu Html Checker (npm `vnu-jar`, needs Java), HTML once more by `html-validate`, the Atom feed by
# Python's `feedparser`, the JSON Feed by the schema of
# `jsonfeedvalidator`. What is missing is installed below a cache folder.
set -euo pipefail
site=$(cd "${1:?usage: validate_site.sh FOLDER}" && pwd)
. "$(dirname "$0")/need.sh"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/masthead-validators
mkdir -p "$cache"

need java default-jre-headless
need npm nodejs npm
need python3 python3 python3-venv

if [ ! -e "$cache/node_modules/.ready" ]; then
  npm install --prefix "$cache" --no-audit --no-fund --silent vnu-jar@26 html-validate@10
  touch "$cache/node_modules/.ready"
fi
if [ ! -e "$cache/venv/.ready" ]; then
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install --quiet --disable-pip-version-check feedparser==6.* jsonfeedvalidator==0.0.3
  touch "$cache/venv/.ready"
fi

echo "the Nu Html Checker: HTML, CSS, SVG"
# On a disk the checker takes no address for the site's own; what language copy looks like is a guess; and text::html
# writes what is XML as well.
harmless='.*(violates Content Security Policy|appears to be written in|[Tt]railing slash on void elements).*'
java -jar "$cache/node_modules/vnu-jar/build/dist/vnu.jar" --skip-non-html --Werror \
  --filterpattern "$harmless" "$site"
java -jar "$cache/node_modules/vnu-jar/build/dist/vnu.jar" --css --Werror "$site/style.css"
java -jar "$cache/node_modules/vnu-jar/build/dist/vnu.jar" --svg --Werror "$site/icon.svg"

echo "html-validate: HTML"
cat >"$cache/html-validate.json" <<'CONFIG'
{
  "root": true,
  "extends": ["html-validate:recommended", "html-validate:document"],
  "rules": {
    "no-trailing-whitespace": "off",
    "void-style": "off",
    "doctype-style": ["error", { "style": "lowercase" }],
    "long-title": "off",
    "no-inline-style": "error",
    "require-sri": "off"
  }
}
CONFIG
(cd "$site" && "$cache/node_modules/.bin/html-validate" --config "$cache/html-validate.json" '**/*.html')

echo "the feeds"
"$cache/venv/bin/python" - "$site" <<'PYTHON'
import copy
import json
import pathlib
import sys
import xml.dom.minidom

import feedparser
import jsonschema
from jsonfeedvalidator.schema import SCHEMA

site = pathlib.Path(sys.argv[1])
atom_text = (site / "feed.xml").read_bytes()
xml.dom.minidom.parseString(atom_text)
atom = feedparser.parse(atom_text)
if atom.bozo:
    sys.exit(f"feed.xml: {atom.bozo_exception}")
assert atom.version == "atom10", atom.version
assert atom.feed.title and atom.feed.id and atom.feed.updated_parsed and atom.feed.author, atom.feed
for entry in atom.entries:
    assert entry.title and entry.id and entry.link and entry.updated_parsed and entry.published_parsed, entry
    assert entry.content[0].type == "text/html", entry
ids = [entry.id for entry in atom.entries]
assert len(ids) == len(set(ids)), "an id twice"

feed = json.loads((site / "feed.json").read_text(encoding="utf-8"))
# The package knows version 1; what 1.1 adds is three keys.
schema = copy.deepcopy(SCHEMA)
schema["properties"]["version"] = {"enum": ["https://jsonfeed.org/version/1.1"]}
for thing in (schema, schema["definitions"]["item"]):
    thing["properties"]["authors"] = {"type": "array", "items": {"$ref": "#/definitions/author"}}
    thing["properties"]["language"] = {"type": "string", "minLength": 2}
validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
problems = [f"feed.json: {'/'.join(map(str, e.path))}: {e.message}" for e in validator.iter_errors(feed)]
if problems:
    sys.exit("\n".join(problems))
assert [item["id"] for item in feed["items"]] == ids, "the feeds differ"
print(f"{len(ids)} entries in each feed")
PYTHON
echo "the site is valid"
