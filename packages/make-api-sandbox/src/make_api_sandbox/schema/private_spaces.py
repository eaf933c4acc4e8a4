"""Private spaces are teams; one goes with its person."""

TABLES = """
CREATE TRIGGER private_spaces_go AFTER DELETE ON users BEGIN
    DELETE FROM teams WHERE is_private = 1 AND json_extract(extra, '$.owner') = old.id;
END;
"""
