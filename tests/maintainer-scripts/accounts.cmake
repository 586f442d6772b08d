list(APPEND sources system_ids_test.cpp account_adduser_test.cpp account_shadow_test.cpp
     account_passwords_test.cpp account_query_test.cpp account_systemd_test.cpp
     service_tools_test.cpp)
