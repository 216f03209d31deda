#include <arch/armv8/sysreg.h>
#include <platform/uart_imx.h>

#define UTXD        0x40
#define UCR1        0x80
#define UCR1_UARTEN (1 << 0)
#define UCR2        0x84
#define UCR2_SRST   (1 << 0) ///< Not in reset.
#define UCR2_RXEN   (1 << 1)
#define UCR2_TXEN   (1 << 2)
#define UCR2_WS     (1 << 5) ///< Eight bits.
#define UCR2_IRTS   (1 << 14)
#define USR2        0x98
#define USR2_TXDC   (1 << 3) ///< Everything is on the wire.
#define UTS         0xb4
#define UTS_TXFULL  (1 << 4)

/* The baud rate is the boot loader's. */
void uart_imx_init(lvaddr_t registers)
{
    mmio_write32(registers + UCR1, mmio_read32(registers + UCR1) | UCR1_UARTEN);
    mmio_write32(registers + UCR2, UCR2_SRST | UCR2_RXEN | UCR2_TXEN | UCR2_WS | UCR2_IRTS);
}

void uart_imx_put(lvaddr_t registers, uint8_t byte)
{
    while (mmio_read32(registers + UTS) & UTS_TXFULL) {
        __asm__ volatile("yield");
    }
    mmio_write32(registers + UTXD, byte);
}

void uart_imx_flush(lvaddr_t registers)
{
    while ((mmio_read32(registers + USR2) & USR2_TXDC) == 0) {
        __asm__ volatile("yield");
    }
}
