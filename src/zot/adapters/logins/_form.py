"""The login page: one form, no script, nothing loaded from elsewhere."""

from __future__ import annotations

from html import escape

from zot.domain.provider import ProviderProfile

HEADERS = (
    "Content-Type: text/html; charset=utf-8",
    (
        "Content-Security-Policy: default-src 'none'; style-src 'sha256-{style}'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options: nosniff",
    "X-Frame-Options: DENY",
    "Referrer-Policy: same-origin",
    "Cache-Control: no-store",
    "Cross-Origin-Opener-Policy: same-origin",
    "Cross-Origin-Resource-Policy: same-origin",
    "Connection: close",
)

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --edge: #6b7280;
  --go: #0b5cad; --on: #ffffff; --bad: #a3141f; --soft: #4a5160; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --paper: #16181c; --edge: #8b93a1; --go: #8ab4f8; --on: #10131a;
    --bad: #ff9d96; --soft: #b4bac5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 30rem; margin: 12vh auto 0; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
a { color: var(--go); }
label { display: block; font-weight: 600; margin: 1.5rem 0 .35rem; }
input[type=password] { width: 100%; font: inherit; padding: .6rem .7rem; color: inherit;
  background: transparent; border: 1px solid var(--edge); border-radius: .4rem; }
button { margin-top: 1rem; font: inherit; font-weight: 600; padding: .6rem 1.2rem; border: 0;
  border-radius: .4rem; background: var(--go); color: var(--on); cursor: pointer; }
:focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
p.error { color: var(--bad); font-weight: 600; }
p.small { color: var(--soft); font-size: .9rem; }
"""


def form(profile: ProviderProfile, token: str, error: str = "") -> str:
    """Return the page that asks for a key; `token` proves that the form is ours."""
    name = escape(profile.name)
    link = (
        f'<p>Keys are made at <a href="{escape(profile.key_url)}" rel="noreferrer noopener">'
        f"{escape(profile.key_url)}</a>.</p>"
        if profile.key_url.startswith("https://")
        else ""
    )
    alert = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    described = ' aria-invalid="true"' if error else ""
    return _page(
        f"Key for {name}",
        f"<h1>Key for {name}</h1>{link}{alert}"
        f'<form method="post" action="/" autocomplete="off">'
        f'<input type="hidden" name="token" value="{escape(token)}">'
        f'<label for="key">API key</label>'
        f'<input id="key" name="key" type="password" required autofocus'
        f' autocomplete="off" spellcheck="false"{described}>'
        f"<button>Store the key</button></form>"
        f'<p class="small">The key goes to zot on this machine, which asks {name} whether it is '
        f"accepted and keeps it in your secret store.</p>",
    )


def message(title: str, text: str) -> str:
    """Return a page that only says something."""
    return _page(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>")


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title} - zot</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )
