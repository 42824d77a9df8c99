"""The project: settings, servers and what the apps share in `omegle.lib`."""
