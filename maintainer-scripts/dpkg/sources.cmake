set(folder_sources
  debconf.cpp debconf_commands.cpp debconf_frontend.cpp debconf_templates.cpp debconf_tools.cpp left_out.cpp order.cpp package_database.cpp
  debconf.cpp debconf_frontend.cpp debconf_templates.cpp debconf_tools.cpp left_out.cpp order.cpp package_database.cpp
  debconf.cpp debconf_templates.cpp debconf_tools.cpp evaluate.cpp left_out.cpp order.cpp package_database.cpp
  protocol.cpp triggers.cpp)
set(folder_headers
  debconf.h debconf_templates.h debconf_tools.h evaluate.h left_out.h order.h package_database.h
  protocol.h triggers.h)
