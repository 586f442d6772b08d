set(folder_sources ld_cache.cpp pam_profiles.cpp)
set(folder_headers ld_cache.h pam_profiles.h)
