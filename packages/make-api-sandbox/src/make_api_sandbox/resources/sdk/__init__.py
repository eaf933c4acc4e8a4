"""Custom apps of the apps platform, SDK apps in the API (API reference, chapter 2.30)."""
