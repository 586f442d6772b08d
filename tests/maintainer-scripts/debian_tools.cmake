list(APPEND sources debconf_frontend_test.cpp debconf_test.cpp debian_alternatives_test.cpp
     debian_differential_test.cpp debian_dpkg_test.cpp debian_overrides_test.cpp
     debian_programs_test.cpp
     debian_questions_test.cpp debian_ucf_test.cpp)
