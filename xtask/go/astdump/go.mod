module astdump

go 1.27
