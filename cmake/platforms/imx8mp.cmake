# NXP i.MX 8M Plus EVK.
set(PLATFORM_SOURCES platform/imx8mp.c platform/uart_imx.c)

# A small device tree, for QEMU to fill in memory and command line; on the real board U-Boot has its own.
find_program(DTC dtc REQUIRED)
add_custom_command(
    OUTPUT "${CMAKE_BINARY_DIR}/imx8mp.dtb"
    COMMAND ${DTC} -q -I dts -O dtb -o "${CMAKE_BINARY_DIR}/imx8mp.dtb" "${CMAKE_SOURCE_DIR}/kernel/platform/imx8mp.dts"
    DEPENDS "${CMAKE_SOURCE_DIR}/kernel/platform/imx8mp.dts" VERBATIM)
add_custom_target(device_tree ALL DEPENDS "${CMAKE_BINARY_DIR}/imx8mp.dtb")
