"""A telematics provider's stand-in: vehicles with their latest status, paged by lastVin as rFMS 4 says."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from hub.sdk.effects_log import EffectsLog, account_of, put_thing, thing, things_after

PAGE = 100
MEDIA = "rfms=vehiclestatuses.v4"


class FleetSandbox:
    """PUT /vehicles/<vin> {"createdDateTime", "hrTotalVehicleDistance"} is the vehicle driving on."""

    name = "fleet"

    def __init__(self, folder: Path, page: int = PAGE) -> None:
        self.log = EffectsLog(folder / "fleet.db")
        self.page = page
        self.app = Flask("fleet_sandbox", static_folder=None)
        self.app.add_url_rule("/vehiclestatuses", view_func=self.statuses)
        self.app.add_url_rule("/vehicles/<vin>", view_func=self.drive, methods=["PUT"])

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.app(environ, start_response)

    def statuses(self) -> Response | tuple[Response, int]:
        """406 for another media type, 400 where neither latestOnly nor a start time is given: both as the standard says."""
        account = account_of(request.headers.get("Authorization", ""))
        if not account:
            return jsonify(error="unauthorized"), 401
        if MEDIA not in request.headers.get("Accept", ""):
            return jsonify(error="not_acceptable"), 406
        if request.args.get("latestOnly") != "true":
            return jsonify(error="starttime_missing"), 400
        after = request.args.get("lastVin", "")
        rows = self.log.transact(lambda db: things_after(db, f"vehicle:{account}", after, self.page + 1))
        found = [json.loads(body) for _, body in rows[: self.page]]
        return jsonify(vehicleStatusResponse={"vehicleStatuses": found}, moreDataAvailable=len(rows) > self.page)

    def change(self, token: str, names: Sequence[str], at: datetime) -> None:
        """Vehicles of these VINs drive on."""
        account = account_of(f"Bearer {token}")

        def write(db: Any) -> None:
            for name in names:
                known = json.loads(thing(db, f"vehicle:{account}", name) or '{"hrTotalVehicleDistance": 0}')
                row = {"vin": name, "createdDateTime": at.isoformat(),
                       "hrTotalVehicleDistance": known["hrTotalVehicleDistance"] + 1000}  # fmt: skip
                put_thing(db, f"vehicle:{account}", name, json.dumps(row))

        self.log.transact(write)

    def spoil(self, token: str, name: str, at: datetime) -> None:
        row = {"vin": name, "createdDateTime": "yesterday", "hrTotalVehicleDistance": 1}
        self.log.transact(lambda db: put_thing(db, f"vehicle:{account_of(f'Bearer {token}')}", name, json.dumps(row)))

    def drive(self, vin: str) -> Response | tuple[Response, int]:
        account = account_of(request.headers.get("Authorization", ""))
        if not account:
            return jsonify(error="unauthorized"), 401
        row = {"vin": vin, **request.get_json()}
        self.log.transact(lambda db: put_thing(db, f"vehicle:{account}", vin, json.dumps(row)))
        return jsonify(row)
