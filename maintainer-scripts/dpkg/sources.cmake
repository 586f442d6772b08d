set(folder_sources debconf.cpp debconf_templates.cpp debconf_tools.cpp package_database.cpp)
set(folder_headers debconf.h debconf_templates.h debconf_tools.h package_database.h triggers.h)
