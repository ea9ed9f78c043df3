"""A twin comes back on the ports it had, unless somebody else is there now."""

import socket
from pathlib import Path

from local.ports import Ports


def values(ports: Ports) -> list[int]:
    return [getattr(ports, name) for name in Ports.__slots__]


def test_every_server_has_a_port_of_its_own(tmp_path: Path) -> None:
    ports = values(Ports.pick(tmp_path / "ports.json"))
    assert len(set(ports)) == len(ports)


def test_ports_are_remembered(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    first = Ports.pick(path)
    assert Ports.pick(path) == Ports.load(path) == first


def test_a_port_that_was_taken_meanwhile_is_picked_anew_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    first = Ports.pick(path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", first.mysql))
        other.listen()
        second = Ports.pick(path)
    assert second.mysql != first.mysql
    changed = [old for old, new in zip(values(first), values(second), strict=True) if old != new]
    assert changed == [first.mysql]
