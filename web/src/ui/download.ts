// Saves bytes as a file under a name.

/** A title as a file name: letters and digits of any script, joined by hyphens. */
export const fileName = (title: string, fallback: string): string =>
  title.normalize("NFKC").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60).toLowerCase() || fallback;

export function download(data: Blob, name: string): void {
  const address = URL.createObjectURL(data);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
