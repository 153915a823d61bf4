module example.com/shop

go 1.20

require (
	github.com/gorilla/mux v1.8.0
	github.com/sirupsen/logrus v1.9.0 // we log
	golang.org/x/text v0.3.7
)

require golang.org/x/sys v0.0.0-20220722155257-8c9f86f7a55f // indirect

exclude github.com/gorilla/mux v1.7.0

replace (
	github.com/gorilla/mux => github.com/gorilla/mux v1.8.1
	golang.org/x/text v0.3.7 => golang.org/x/text v0.3.8
)

retract v0.9.0 // never again
