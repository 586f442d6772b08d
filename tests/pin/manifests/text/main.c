const char* image = "registry.example/home/web:1"; // stamp:pin web
