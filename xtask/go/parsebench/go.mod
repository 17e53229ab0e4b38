module parsebench

go 1.27
