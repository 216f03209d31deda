/**
 * NXP i.MX 8M Plus EVK: the console is UART2.
 */
#include <platform/platform.h>
#include <platform/uart_imx.h>

const struct platform platform = {
    .name = "imx8mp",
    .gic_distributor = 0x38800000,
    .gic_redistributors = 0x38880000,
    .gic_redistributors_bytes = 0xc0000,
    .ram_base = 0x40000000,
    .ram_bytes = 0x20000000,
    .console = 0x30890000,
    .console_bytes = 0x10000,
    .console_init = uart_imx_init,
    .console_put = uart_imx_put,
    .console_flush = uart_imx_flush,
    .device_count = 8,
    .devices =
        {
            {.name = "uart1", .base = 0x30860000, .bytes = 0x10000, .irq = 58},
            {.name = "uart2", .base = 0x30890000, .bytes = 0x10000, .irq = 59},
            {.name = "uart3", .base = 0x30880000, .bytes = 0x10000, .irq = 60},
            {.name = "uart4", .base = 0x30a60000, .bytes = 0x10000, .irq = 61},
            {.name = "usdhc1", .base = 0x30b40000, .bytes = 0x10000, .irq = 54},
            {.name = "usdhc2", .base = 0x30b50000, .bytes = 0x10000, .irq = 55},
            {.name = "usdhc3", .base = 0x30b60000, .bytes = 0x10000, .irq = 56},
            {.name = "enet", .base = 0x30be0000, .bytes = 0x10000, .irq = 150},
        },
};
