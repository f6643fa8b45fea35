"""A real MQTT broker for tests, which can be stopped and started again."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """A broker of one's own, which remembers sessions over a restart."""

    def __init__(self, folder: Path) -> None:
        found = shutil.which("mosquitto", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
        if found is None:
            pytest.skip("mosquitto is not installed: run scripts/install_test_services.sh")
        self._program, self.port = found, free_port()
        self._configuration = folder / "mosquitto.conf"
        self._configuration.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {folder}/\nautosave_interval 1\nautosave_on_changes true\nuser root\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"mqtt://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(
            [self._program, "-c", str(self._configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                assert self._process.poll() is None, "mosquitto ended at once"
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return

    def stop(self) -> None:
        """Stop it in order, so that it saves its sessions."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


async def publish(port: int, topic: str, bodies: list[bytes]) -> None:
    """Send messages with QoS 1, and wait until the broker has them all."""
    from gmqtt import Client
    from gmqtt.storage import PersistentStorage

    unconfirmed = PersistentStorage()
    client = Client("publisher", persistent_storage=unconfirmed)
    await client.connect("127.0.0.1", port)
    for body in bodies:
        client.publish(topic, body, qos=1)
        await unconfirmed.wait_empty()
    await client.disconnect()
