"""Live pages: whoever looks at something hears that it has changed, and asks for it anew.

Triggers tell of every change by NOTIFY, with no more than topic and ids. One connection per process
listens (`listener`), a hub passes on what each may hear (`hub`), and the streams go out beside
Django (`streams`). What has changed is then read by the pages themselves, through the ordinary
door: docs/decisions/0011-live-pages.md.
"""
