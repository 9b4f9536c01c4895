"""The servers that end-to-end tests talk to: a real nginx, a real Redmine, and APIs whose behaviour is scripted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "servers"))

from api import Answer, ApiServer, Feed, Listing, Request  # noqa: E402, F401
from crm import Crm, Things  # noqa: E402, F401
from nginx import Nginx  # noqa: E402, F401
from proxy import LossyProxy  # noqa: E402, F401
from redmine import ORIGIN, STATUSES, Redmine, Refused  # noqa: E402, F401
from vendor import FEED, LISTING, Vendor  # noqa: E402, F401
from webhook import Webhook  # noqa: E402, F401
