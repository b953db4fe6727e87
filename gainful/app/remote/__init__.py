"""Other Gainful servers, through their public API: their names and tokens, and what commands can ask of them."""

from gainful.app.remote.desk import RemoteDesk, Wanted
from gainful.app.remote.remote import Remote, Remotes

__all__ = ["Remote", "RemoteDesk", "Remotes", "Wanted"]
