"""The Make client: one zone, one credential, polite and exact about what it did.

`client.MakeClient` sends requests; `settings.ClientSettings` says where and as whom;
`failures` names everything that can go wrong; `egress` guards addresses that come from arguments;
`zones` finds the zone an account lives in. Importing any of them loads no HTTP library.
"""
