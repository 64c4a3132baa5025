"""Tests cannot leave the machine; 192.0.2.1 is an address reserved for documentation."""

import asyncio
import socket
import threading

import pytest

from tests.support.network import OutsideNetworkError, is_loopback

OUTSIDE = ("192.0.2.1", 80)


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_connection_is_refused_and_its_address_named(method):
    with socket.socket() as sock, pytest.raises(OutsideNetworkError, match=r"192\.0\.2\.1.*80"):
        getattr(sock, method)(OUTSIDE)


def test_a_datagram_is_refused():
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        with pytest.raises(OutsideNetworkError):
            sock.sendto(b"x", OUTSIDE)
        with pytest.raises(OutsideNetworkError):
            sock.sendmsg([b"x"], [], 0, OUTSIDE)


@pytest.mark.parametrize("look_up", [lambda h: socket.getaddrinfo(h, 80), socket.gethostbyname])
def test_a_name_is_not_looked_up(look_up):
    with pytest.raises(OutsideNetworkError, match=r"models\.example"):
        look_up("models.example")


@pytest.mark.parametrize("host", ["models.example", OUTSIDE[0]])
async def test_asyncio_is_refused_too(host):
    with pytest.raises(OutsideNetworkError, match=host):
        await asyncio.open_connection(host, 80)


async def test_aiohttp_is_refused_too():
    import aiohttp

    async with aiohttp.ClientSession() as session:
        with pytest.raises(OutsideNetworkError):
            await session.post("http://models.example/v1/chat/completions")


def test_other_threads_are_refused_too():
    seen = []

    def look_up():
        try:
            socket.getaddrinfo("models.example", 80)
        except OutsideNetworkError as error:
            seen.append(error)

    thread = threading.Thread(target=look_up)
    thread.start()
    thread.join()
    assert len(seen) == 1


async def test_loopback_is_free():
    async def hello(reader, writer):
        writer.write(b"hello")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hello, "localhost", 0)
    async with server:
        for host in ("127.0.0.1", "localhost"):
            reader, writer = await asyncio.open_connection(host, server.sockets[0].getsockname()[1])
            assert await reader.read() == b"hello"
            writer.close()
            await writer.wait_closed()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", b"localhost", "", None])
def test_these_are_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "fe80::1%eth0", "localhost.example", b"a.b"])
def test_these_are_not(host):
    assert not is_loopback(host)
