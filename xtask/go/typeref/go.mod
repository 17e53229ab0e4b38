module typeref

go 1.27
