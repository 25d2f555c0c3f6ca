from modal_serve_gen.cli import main

main()
