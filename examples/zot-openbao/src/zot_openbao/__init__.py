"""Logins of zot in OpenBao."""

from zot_openbao.store import OpenBaoStore, openbao_store

__all__ = ["OpenBaoStore", "openbao_store"]
