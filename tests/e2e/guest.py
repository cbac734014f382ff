# SPDX-License-Identifier: BSD-3-Clause
#
# A guest whose root is this machine's file system: read-only over 9p, with a memory overlay, under QEMU's software CPU. For devices that this
# machine does not have (an igb card behind an IOMMU) and for what needs kernel modules. What it needs is named by need(), and is not
# installed by anybody here:
#	RD_GUEST_KERNEL	a folder with boot/vmlinuz-* and lib/modules/*, as `dpkg-deb -x linux-image-*.deb FOLDER` makes it
#	RD_QEMU		a QEMU that knows -device igb (8.0 and later); default: qemu-system-x86_64
import glob
import gzip
import os
import shutil
import subprocess
import tempfile

KERNEL = os.environ.get("RD_GUEST_KERNEL", "")
QEMU = os.environ.get("RD_QEMU", "qemu-system-x86_64")
MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay", "vfio-pci", "vfio_iommu_type1")
BOOT_S = 600 # a software CPU, on a busy machine

INIT = """#!/bin/sh
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
echo 1 > /proc/sys/kernel/printk
for m in $(cat /modules); do insmod "$m" 2>/dev/null; done
mkdir -p /host /rw /new
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=524288 host /host
mount -t tmpfs rw /rw; mkdir /rw/u /rw/w
mount -t overlay -o lowerdir=/host,upperdir=/rw/u,workdir=/rw/w ov /new
for m in proc sys dev; do mount --bind /$m /new/$m; done
mount -t tmpfs run /new/run # /tmp is this machine's: what is tested may have been built there
mkdir -p /new/dev/shm /new/mnt; mount -t hugetlbfs none /new/mnt
cp /job /new/run/job
chroot /new /bin/bash /run/job 2>&1
echo "GUEST-END $?"
poweroff -f
"""


def need(device):
	"""What is missing, or None."""
	for tool in (QEMU, "busybox", "cpio", "modprobe"):
		if shutil.which(tool) is None:
			return f"skip: needs {tool}"
	if not glob.glob(KERNEL + "/boot/vmlinuz-*"):
		return "skip: needs RD_GUEST_KERNEL, see tests/e2e/guest.py"
	known = subprocess.run([QEMU, "-device", device + ",help"], capture_output=True, text=True, check=False).stdout
	return None if f"{device} options" in known else f"skip: needs a QEMU with {device}, in RD_QEMU"


def _modules(version):
	"""Files in the order in which they must be loaded."""
	files = []
	for m in MODULES:
		out = subprocess.run(["modprobe", "-d", KERNEL, "-S", version, "--show-depends", m], capture_output=True, text=True,
			check=False).stdout
		files += [f for line in out.splitlines() if line.startswith("insmod") for f in line.split()[1:2] if f not in files]
	return files


def _initramfs(folder, job):
	version = os.path.basename(glob.glob(KERNEL + "/lib/modules/*")[0])
	root = folder + "/root"
	for d in ("bin", "proc", "sys", "dev", "m"):
		os.makedirs(f"{root}/{d}")
	shutil.copy(shutil.which("busybox"), root + "/bin/busybox")
	for applet in ("sh", "mount", "mkdir", "insmod", "cat", "cp", "chroot", "poweroff"):
		os.symlink("busybox", f"{root}/bin/{applet}")
	names = []
	for f in _modules(version):
		shutil.copy(f, root + "/m")
		names.append("/m/" + os.path.basename(f))
	for name, text in (("init", INIT), ("job", job), ("modules", "\n".join(names) + "\n")):
		with open(f"{root}/{name}", "w", encoding="utf-8") as out:
			out.write(text)
	os.chmod(root + "/init", 0o755)
	files = subprocess.run(["find", "."], cwd=root, capture_output=True, check=True).stdout
	image = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=root, input=files, capture_output=True, check=True).stdout
	with open(folder + "/initrd", "wb") as out:
		out.write(gzip.compress(image, 1))
	return folder + "/initrd"


def run(job, *args, append=""):
	"""What the shell script wrote, run in the guest; args: QEMU's, for devices."""
	with tempfile.TemporaryDirectory(prefix="guest.") as folder:
		log = folder + "/console"
		with open(log, "wb") as out:
			p = subprocess.Popen([QEMU, "-accel", "tcg,thread=multi", "-M", "q35", "-cpu", "max", "-smp", "2", "-m", "2048", "-nodefaults",
				"-no-reboot", "-display", "none", "-serial", "stdio", "-monitor", "none", "-virtfs",
				"local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap", *args, "-kernel",
				glob.glob(KERNEL + "/boot/vmlinuz-*")[0], "-initrd", _initramfs(folder, job), "-append",
				f"console=ttyS0 quiet panic=-1 mitigations=off no_timer_check {append}"], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
		try:
			p.wait(BOOT_S)
		except subprocess.TimeoutExpired:
			pass # what it wrote tells how far it came
		finally:
			p.kill()
			p.wait()
		with open(log, encoding="utf-8", errors="replace") as f:
			text = f.read().replace("\r", "")
		print(text[-4000:]) # should what it says not be as expected
		assert "GUEST-END 0" in text, text[-4000:]
		return text
