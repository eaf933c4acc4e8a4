"""Templates of teams, and the versions of them that everybody may see.

A public template without a `template_id` is one of Make's own. Approval has no column: it follows
from `requested` and the time.
"""

TABLES = """
CREATE TABLE templates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team_id INTEGER NOT NULL REFERENCES teams ON DELETE CASCADE,
    name TEXT NOT NULL, description TEXT, language TEXT NOT NULL, created TEXT NOT NULL,
    author_id INTEGER, used_packages JSON_TEXT NOT NULL, blueprint JSON_TEXT NOT NULL,
    scheduling JSON_TEXT NOT NULL, controller JSON_TEXT NOT NULL);
CREATE INDEX templates_team ON templates (team_id);
CREATE TABLE public_templates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    template_id INTEGER REFERENCES templates ON DELETE CASCADE,
    name TEXT NOT NULL, description TEXT, language TEXT NOT NULL, published TEXT NOT NULL,
    requested TEXT, former_uses INTEGER NOT NULL DEFAULT 0, used_packages JSON_TEXT NOT NULL,
    blueprint JSON_TEXT NOT NULL, scheduling JSON_TEXT NOT NULL, controller JSON_TEXT NOT NULL);
CREATE INDEX public_templates_template ON public_templates (template_id, id);
"""
