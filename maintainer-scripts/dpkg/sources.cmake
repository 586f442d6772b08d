set(folder_sources)
set(folder_headers debconf.h debconf_tools.h package_database.h triggers.h)
