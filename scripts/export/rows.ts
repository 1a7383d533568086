import { maskAddress, type DeviceAddress } from '../../src/domain/address.ts'
import type { Format } from './options.ts'
import type { Device, Twinning } from './gateway.ts'

export type Row = Readonly<Record<string, string | null>>

const columns = ['device', 'id', 'role', 'twinningStatus', 'otherDevice', 'ownAddress']

export const columnsOf = (isClear: boolean): readonly string[] =>
  isClear ? [...columns, 'name', 'otherName'] : columns

export function rowsOf({ address, twinnings }: Device, isClear: boolean): Row[] {
  // What the gateway has masked already stays as it is.
  const show = (text: string) => (isClear ? text : maskAddress(text as DeviceAddress))
  return twinnings.map((twinning) => ({
    device: show(address),
    id: twinning.id,
    role: twinning.role,
    twinningStatus: twinning.twinningStatus,
    otherDevice: twinning.otherDevice ? show(twinning.otherDevice.address) : null,
    ownAddress: show(twinning.ownAddress),
    ...(isClear && namesOf(twinning)),
  }))
}

const namesOf = ({ name, otherDevice }: Twinning) => ({
  name: name ?? null,
  otherName: otherDevice?.name ?? null,
})

export type Writing = { readonly head: string; readonly line: (row: Row) => string }

/** Parquet is written from ndjson, once that is complete. */
export function writingOf(format: Format, columns: readonly string[]): Writing {
  if (format !== 'csv') return { head: '', line: (row) => `${JSON.stringify(row)}\n` }
  return {
    head: `${columns.join(',')}\r\n`,
    line: (row) => `${columns.map((column) => csvField(row[column] ?? '')).join(',')}\r\n`,
  }
}

export function csvField(text: string): string {
  // Spreadsheets take what begins so for a formula, quoted or not.
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
