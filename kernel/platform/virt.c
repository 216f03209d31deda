/**
 * QEMU's virt machine with a GICv3.
 */
#include <platform/platform.h>
#include <platform/uart_pl011.h>

const struct platform platform = {
    .name = "virt",
    .gic_distributor = 0x08000000,
    .gic_redistributors = 0x080a0000,
    .gic_redistributors_bytes = 0xf60000,
    .ram_base = 0x40000000,
    .ram_bytes = 0x8000000,
    .console = 0x09000000,
    .console_bytes = 0x1000,
    .console_init = uart_pl011_init,
    .console_put = uart_pl011_put,
    .console_flush = uart_pl011_flush,
    .device_count = 2,
    .devices =
        {
            {.name = "uart", .base = 0x09000000, .bytes = 0x1000, .irq = 33},
            {.name = "rtc", .base = 0x09010000, .bytes = 0x1000, .irq = 34},
        },
};
