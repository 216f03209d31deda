# QEMU's virt machine; it brings its own device tree.
set(PLATFORM_SOURCES platform/virt.c platform/uart_pl011.c)
