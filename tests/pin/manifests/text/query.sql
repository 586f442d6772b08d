insert into images values ('registry.example/home/web:1') -- stamp:pin web
