list(APPEND sources derived_ldconfig_test.cpp derived_openssl_test.cpp derived_pam_test.cpp
     derived_table_test.cpp)
