set(folder_sources)
set(folder_headers debconf.h package_database.h triggers.h)
