module example.com/holds

go 1.21
