"""What folders are usually called, for mailboxes that do not say what a folder is for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gainful.core.mail import Role

COMMON_NAMES: Mapping[Role, tuple[str, ...]] = {
    Role.ARCHIVE: ("archive", "archives", "archived", "archiv", "archivo", "archivos"),
    Role.DRAFTS: ("drafts", "draft", "entwürfe", "entwurf", "brouillons", "brouillon", "borradores", "borrador"),
    Role.SENT: (
        "sent",
        "sent mail",
        "sent items",
        "sent messages",
        "gesendet",
        "gesendete objekte",
        "gesendete elemente",
        "envoyés",
        "messages envoyés",
        "éléments envoyés",
        "enviados",
        "elementos enviados",
    ),
    Role.TRASH: (
        "trash",
        "deleted",
        "deleted items",
        "deleted messages",
        "bin",
        "papierkorb",
        "gelöschte elemente",
        "corbeille",
        "éléments supprimés",
        "papelera",
        "elementos eliminados",
    ),
    Role.JUNK: (
        "junk",
        "junk mail",
        "junk e-mail",
        "junk email",
        "spam",
        "bulk mail",
        "spamverdacht",
        "indésirables",
        "pourriel",
        "courrier indésirable",
        "correo no deseado",
    ),
}
"""Lower-case last parts of folder names (English, German, French, Spanish), the likeliest first."""

DEFAULT_NAMES: Mapping[Role, str] = {Role.ARCHIVE: "Archive", Role.DRAFTS: "Drafts", Role.SENT: "Sent"}
"""What such a folder is called when Gainful has to create it."""


def by_common_name(role: Role, folders: Collection[str], separator: str, prefixes: Collection[str] = ("",)) -> str:
    """The folder that by its name has this role, or an empty string.

    Only folders directly below one of `prefixes` count: `Projects/2019/Archive` is nobody's archive.
    """
    likeliest = {name: rank for rank, name in enumerate(COMMON_NAMES.get(role, ()))}
    best, best_rank = "", len(likeliest)
    for folder in sorted(folders):
        for prefix in prefixes:
            rest = folder[len(prefix) :] if folder.lower().startswith(prefix.lower()) else ""
            rank = likeliest.get(rest.lower(), best_rank)
            if rank < best_rank and not (separator and separator in rest):
                best, best_rank = folder, rank
    return best
