list(APPEND sources left_out_document_test.cpp left_out_test.cpp order_test.cpp triggers_test.cpp)
