"""Where LocalStack 4.13 differs from AWS in what Millrace relies on. Nothing here makes up behaviour that a test of ours
then finds: a distributed Map that ignores its failed items, for one, is left as it is.
"""

import itertools
import json
import sys
import time
from urllib.parse import quote_plus, unquote_plus


def correct() -> None:
    """Applies all corrections; once, before the first request."""
    correct_object_events()
    # A worker of a Map calls itself once per item: 1,000 items were the end of it.
    sys.setrecursionlimit(100_000)


def correct_object_events() -> None:
    """Events of S3: keys as AWS writes them, and a sequencer that grows with each event instead of a constant.

    Notifications carry keys URL-encoded with `+` for a blank; EventBridge carries them as they are. Whoever is told of
    one event is told the same sequencer.
    """
    from localstack.services.s3 import notifications

    count = itertools.count(time.time_ns())
    event_of_request = notifications.S3EventNotificationContext.from_request_context.__func__
    notification = notifications.BaseNotifier._get_event_payload
    bridge_entry = notifications.EventBridgeNotifier._get_event_payload

    def numbered_event(cls, *arguments, **named):
        context = event_of_request(cls, *arguments, **named)
        context.sequencer = f"{next(count):016X}"
        return context

    def stamp(changed: dict, context) -> None:
        if "sequencer" in changed:
            changed["sequencer"] = context.sequencer

    def stamped_notification(context, config_id):
        payload = notification(context, config_id)
        for record in payload["Records"]:
            stamp(record["s3"]["object"], context)
        return payload

    def plain_entry(context, config_id=None):
        entry = bridge_entry(context, config_id)
        detail = json.loads(entry["Detail"])
        detail["object"]["key"] = unquote_plus(detail["object"]["key"])
        stamp(detail["object"], context)
        return entry | {"Detail": json.dumps(detail)}

    notifications.quote = lambda key: quote_plus(key, safe="/")
    notifications.S3EventNotificationContext.from_request_context = classmethod(numbered_event)
    notifications.BaseNotifier._get_event_payload = staticmethod(stamped_notification)
    notifications.EventBridgeNotifier._get_event_payload = staticmethod(plain_entry)
