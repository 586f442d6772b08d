list(APPEND sources derived_catalogs_test.cpp derived_ldconfig_test.cpp derived_modules_test.cpp
     derived_openssl_test.cpp derived_pam_test.cpp derived_schemas_test.cpp
     derived_table_test.cpp)
