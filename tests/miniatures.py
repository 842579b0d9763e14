"""Makers of tiny data sets: a few pairs in exactly the layout and with the names of published ones."""

import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from components import parts
from components.sources import Source, Survey

Size = tuple[int, int]  # width, height

SIZE: Size = (96, 64)


def source(name: str, **params: object) -> Source:
    """Build a source as a parameter file would."""
    return parts.build("sources", parts.configure("sources", {"name": name, **params}))


def pairs(survey: Survey, folder: Path) -> list[tuple[str, str | None, str]]:
    """Name what was found: ground truth and mate within the folder, and the split."""
    assert not survey.faults
    return [
        (
            found.gt.relative_to(folder).as_posix(),
            found.lq and found.lq.relative_to(folder).as_posix(),
            found.split,
        )
        for found in survey.found
    ]


def faults(survey: Survey, folder: Path) -> list[tuple[str, str]]:
    """Name what is wrong: the path within the folder, and the rule."""
    return [(fault.path.relative_to(folder).as_posix(), fault.rule) for fault in survey.faults]


def put(folder: Path, *names: str, size: Size = SIZE) -> list[Path]:
    """Write pictures of smooth colours and noise, each name its own, in the format of its suffix."""
    files = [folder / name for name in names]
    for name, file in zip(names, files, strict=True):
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels(name, size)).save(file, compress_level=1)
    return files


def pixels(name: str, size: Size = SIZE) -> np.ndarray:
    """Draw the picture of a name, (H, W, 3) uint8."""
    noise = np.random.default_rng(zlib.crc32(name.encode()))
    width, height = size
    ramps = np.linspace(0, 1, width)[None, :, None] * noise.uniform(40, 200, 3)
    return (ramps + noise.uniform(0, 55, (height, width, 3))).astype(np.uint8)


def smaller(scale: int, size: Size = SIZE) -> Size:
    return size[0] // scale, size[1] // scale


def div2k(folder: Path) -> None:
    put(folder, "DIV2K_train_HR/0001.png", "DIV2K_train_HR/0002.png", "DIV2K_valid_HR/0801.png")
    for split, numbers in (("train", ("0001", "0002")), ("valid", ("0801",))):
        top = f"DIV2K_{split}_LR"
        for number in numbers:
            for scale in (2, 3, 4):
                for track in ("bicubic", "unknown"):
                    name = f"{top}_{track}/X{scale}/{number}x{scale}.png"
                    put(folder, name, size=smaller(scale))
            put(folder, f"{top}_x8/{number}x8.png", size=smaller(8))
            for track in ("mild/{}x4m", "difficult/{}x4d", *(f"wild/{{}}x4w{n}" for n in "1234")):
                put(folder, f"{top}_{track.format(number)}.png", size=smaller(4))


def flickr2k(folder: Path) -> None:
    put(folder, "Flickr2K_HR/000001.png", "Flickr2K_HR/000002.png", "Flickr2K_HR/000003.png")
    mates = [f"Flickr2K_LR_bicubic/X4/00000{n}x4.png" for n in "123"]
    put(folder, *mates, size=smaller(4))


def df2k(folder: Path) -> None:
    put(folder, "HR/0001.png", "HR/000001.png", "benchmark/Set5/HR/baby.png")
    put(folder, "LR_bicubic/X4/0001x4.png", "LR_bicubic/X4/000001x4.png", size=smaller(4))
    put(folder, "benchmark/Set5/LR_bicubic/X4/babyx4.png", size=smaller(4))


def selfexsr(folder: Path) -> None:
    for scale in (2, 4):
        top = f"image_SRF_{scale}/img_00{{}}_SRF_{scale}_"
        put(folder, *(f"{top.format(n)}HR.png" for n in "12"))
        put(folder, *(f"{top.format(n)}bicubic.png" for n in "12"))
        put(folder, *(f"{top.format(n)}LR.png" for n in "12"), size=smaller(scale))


def its(folder: Path, top: str = "") -> None:
    put(folder, f"{top}clear/1.png", f"{top}clear/2.png", f"{top}clear/10.png")
    put(folder, f"{top}hazy/1_1_0.90179.png", f"{top}hazy/1_2_0.97842.png")
    put(folder, f"{top}hazy/2_1_0.99082.png", f"{top}hazy/10_1_0.74031.png")


def ots(folder: Path, top: str = "") -> None:
    """One picture in 35 hazes, as in the set, and another in two."""
    put(folder, f"{top}clear/0005.jpg", f"{top}clear/0008.jpg")
    lights, densities = ("0.8", "0.85", "0.9", "0.95", "1"), "0.04 0.06 0.08 0.1 0.12 0.16 0.2"
    put(folder, *(f"{top}hazy/0005_{a}_{b}.jpg" for a in lights for b in densities.split()))
    put(folder, f"{top}hazy/0008_0.8_0.04.jpg", f"{top}hazy/0008_1_0.2.jpg")


def sots_indoor(folder: Path, top: str = "", *, frame: int = 10) -> None:
    """Clear pictures with the frame that hazy ones lack, unless it is 0."""
    width, height = SIZE
    framed = (width + 2 * frame, height + 2 * frame)
    put(folder, f"{top}clear/1400.png", f"{top}clear/1401.png", size=framed)
    put(folder, *(f"{top}hazy/{n}_{k}.png" for n in (1400, 1401) for k in (1, 2, 10)))


def sots_outdoor(folder: Path, top: str = "") -> None:
    put(folder, f"{top}gt/0001.png", f"{top}gt/0002.png")
    put(folder, f"{top}hazy/0001_0.8_0.2.jpg", f"{top}hazy/0002_0.85_0.12.jpg")
    put(folder, f"{top}hazy/0002_0.9_0.12.jpg")


def rain100(folder: Path, kind: str = "L") -> None:
    train, test = f"RainTrain{kind}", f"Rain100{kind}"
    put(folder, *(f"{train}/{drop}rain-{n}.png" for n in (1, 2, 10) for drop in ("", "no")))
    put(folder, f"{test}/rainy/rain-001.png", f"{test}/norain-001.png")


def rain800(folder: Path) -> None:
    """Pairs side by side: the clean half is that of the name `1`, the rainy one of `1 rain`."""
    for name in ("train/1.jpg", "train/2.jpg", "train/3.jpg", "test/1.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        both = np.concatenate([pixels(name), pixels(f"{name} rain")], axis=1)
        Image.fromarray(both).save(folder / name, quality=95, subsampling=0)


def rain1400(folder: Path) -> None:
    """Fourteen of each, numbers alone tell training from test."""
    for clean in (1, 900, 901, 1000):
        put(folder, f"ground_truth/{clean}.jpg")
        put(folder, *(f"rainy_image/{clean}_{n}.jpg" for n in range(1, 15)))


def rain13k(folder: Path) -> None:
    put(folder, "train/Rain13K/input/1.jpg", "train/Rain13K/target/1.jpg")
    put(folder, "train/Rain13K/input/2.jpg", "train/Rain13K/target/2.png")
    for test in ("Rain100L", "Test1200"):
        put(folder, f"test/{test}/input/1.png", f"test/{test}/target/1.png")


def raindrop(folder: Path) -> None:
    for split, suffix, numbers in (("train", "png", "012"), ("test_a", "png", "0")):
        for n in numbers:
            put(folder, f"{split}/data/{n}_rain.{suffix}", f"{split}/gt/{n}_clean.{suffix}")
    put(folder, "test_b/data/0_rain.jpg", "test_b/gt/0_clean.jpg")
    put(folder, "test_b/data/101_rain.jpg", "test_b/gt/101_clean.jpg")


def gopro(folder: Path) -> None:
    train = ("train/GOPR0372_07_00", "train/GOPR0374_11_00", "train/GOPR0378_13_00")
    for sequence in (*train, "test/GOPR0384_11_00"):
        for kind in ("blur", "blur_gamma", "sharp"):
            put(folder, f"{sequence}/{kind}/000047.png", f"{sequence}/{kind}/000048.png")


def gopro_repacked(folder: Path) -> None:
    for split, sequence in (("train", "GOPR0372_07_00"), ("test", "GOPR0384_11_00")):
        for half in ("input", "target"):
            put(folder, *(f"{split}/{half}/{sequence}-00004{n}.png" for n in "78"))


def lol(folder: Path) -> None:
    for half in ("low", "high"):
        put(folder, *(f"our485/{half}/{n}.png" for n in (2, 5, 10)), f"eval15/{half}/1.png")


def realsr(folder: Path, *, version: int = 3) -> None:
    for camera in ("Canon", "Nikon"):
        for split, number in (("Train", "001"), ("Train", "002"), ("Test", "003")):
            for scale in (2, 4):
                top = f"{camera}/{split}/{scale}/{camera}_{number}"
                put(folder, f"{top}_HR.png")
                put(folder, f"{top}_LR{scale}.png", size=smaller(scale if version == 3 else 1))


def drealsr(folder: Path) -> None:
    for scale in (2, 4):
        for split in ("train", "test"):
            top = f"{split.title()}_x{scale}/{split}"
            put(folder, f"{top}_HR/P1110044_x1.png", f"{top}_HR/DSC_1454_x1.png")
            mates = (f"{top}_LR/P1110044_x{scale}.png", f"{top}_LR/DSC_1454_x{scale}.png")
            put(folder, *mates, size=smaller(scale))


def sidd(folder: Path) -> None:
    shots = ("0001_001_S6_00100_00060_3200_L", "0002_001_S6_00100_00020_3200_N")
    for shot in (*shots, "0003_002_S6_00100_00060_3200_H"):
        kinds = ("GT", "NOISY")
        put(folder, *(f"Data/{shot}/{kind}_SRGB_010.png" for kind in kinds))
        for kind in kinds:
            file = folder / "Data" / shot / f"{kind}_SRGB_010.png"
            file.rename(file.with_suffix(".PNG"))


def pipal(folder: Path) -> None:
    for n, scene in enumerate(("A0001", "A0002", "A0003")):
        put(folder, f"Train_Ref/{scene}.bmp")
        mates = [f"{scene}_00_00.bmp", f"{scene}_06_26.bmp"]
        put(folder / "Train_Dis", *mates)
        lines = [f"{mate},{1446.0763 + n + k}" for k, mate in enumerate(mates)]
        (folder / "Train_Label").mkdir(exist_ok=True)
        (folder / "Train_Label" / f"{scene}.txt").write_text("\n".join(lines) + "\n")


def kadid10k(folder: Path) -> None:
    lines = ["dist_img,ref_img,dmos,var"]
    for scene in ("I01", "I02", "I03"):
        put(folder, f"images/{scene}.png")
        for k, strength in enumerate(("01_01", "25_05")):
            put(folder, f"images/{scene}_{strength}.png")
            lines.append(f"{scene}_{strength}.png,{scene}.png,{4.57 - k},0.496")
    (folder / "dmos.csv").write_text("\n".join(lines) + "\n")


def tid2013(folder: Path) -> None:
    """Names in mixed case, as published: I01.BMP and i25.bmp, I01_01_1.bmp and i02_01_1.bmp."""
    put(folder, "reference_images/I01.BMP", "reference_images/I02.BMP", "reference_images/i25.bmp")
    mates = ("I01_01_1.bmp", "i01_24_5.bmp", "i02_01_1.bmp", "I25_01_1.bmp")
    put(folder / "distorted_images", *mates)
    lines = [f"{5.51429 + k:.5f} {name}" for k, name in enumerate(mates)]
    (folder / "mos_with_names.txt").write_text("\n".join(lines) + "\n")
    (folder / "mos_std.txt").write_text("0.14\n")
