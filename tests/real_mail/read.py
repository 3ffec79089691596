"""Prints the messages that a Maildir has for an address, as JSON: `read.py MAILDIR ADDRESS`. Read by Python's own parser."""

import base64
import email
import email.policy
import json
import pathlib
import sys

maildir, address = sys.argv[1:]


def part(entity):
    content = entity.get_payload(decode=True) or b""
    return {
        "kind": entity.get_content_type(),
        "charset": entity.get_content_charset(),
        "id": entity["Content-ID"],
        "disposition": entity.get_content_disposition(),
        "name": entity.get_filename(),
        "text": entity.get_content() if entity.get_content_maintype() == "text" else None,
        "content": base64.b64encode(content).decode(),
    }


found = []
for path in sorted(pathlib.Path(maildir).glob("new/*")):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    if message["X-RcptTo"] == address:
        entities = list(message.walk())
        found.append({
            "headers": [[name, str(value)] for name, value in message.items()],
            "defects": [str(defect) for entity in entities for defect in entity.defects]
            + [str(defect) for value in message.values() for defect in value.defects],
            "from": [[it.display_name, it.addr_spec] for it in message["From"].addresses],
            "date": message["Date"].datetime.timestamp(),
            "parts": [part(entity) for entity in entities],
        })
print(json.dumps(found))
