"""Parts of merging: elements, ids, places and values. The door is `make_blueprint.merge`."""
