set(folder_sources pam_profiles.cpp)
set(folder_headers pam_profiles.h)
