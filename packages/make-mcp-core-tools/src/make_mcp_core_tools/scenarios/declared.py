"""The category itself; its tools are in the modules beside this one."""

from make_mcp_base.authoring import Category

category = Category("scenarios", "Find, build, edit, switch, schedule, clone and run scenarios.")
