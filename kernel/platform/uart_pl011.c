#include <arch/armv8/sysreg.h>
#include <platform/uart_pl011.h>

#define UARTDR        0x00
#define UARTFR        0x18
#define UARTFR_BUSY   (1 << 3)
#define UARTFR_TXFF   (1 << 5)
#define UARTLCR_H     0x2c
#define UARTLCR_H_8_F 0x70 ///< Eight bits, FIFOs on.
#define UARTCR        0x30
#define UARTCR_ENABLE 0x301 ///< UART, transmitter, receiver.

void uart_pl011_init(lvaddr_t registers)
{
    mmio_write32(registers + UARTLCR_H, UARTLCR_H_8_F);
    mmio_write32(registers + UARTCR, UARTCR_ENABLE);
}

void uart_pl011_put(lvaddr_t registers, uint8_t byte)
{
    while (mmio_read32(registers + UARTFR) & UARTFR_TXFF) {
        __asm__ volatile("yield");
    }
    mmio_write32(registers + UARTDR, byte);
}

void uart_pl011_flush(lvaddr_t registers)
{
    while (mmio_read32(registers + UARTFR) & UARTFR_BUSY) {
        __asm__ volatile("yield");
    }
}
